"""What each page shows: reads the hub's records, changes nothing."""
