"""The hub's pages for people, in the manner of GitHub's: read here, acted through the API."""
