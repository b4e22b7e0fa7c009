"""`greenroom replay`: what the app would make of a delivery, without doing any of it."""
