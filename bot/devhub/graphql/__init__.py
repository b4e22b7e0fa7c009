"""The little of GitHub's GraphQL that has no counterpart in REST: threads of reviews."""
