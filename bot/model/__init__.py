"""The words of the app: values that every floor above speaks in."""
