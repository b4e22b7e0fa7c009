"""The app's face to GitHub: deliveries come in, and two addresses tell whether it is well."""
