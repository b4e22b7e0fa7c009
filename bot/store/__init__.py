"""What must survive: deliveries, runs, jobs, and everything wished for on GitHub."""
