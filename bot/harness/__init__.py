"""The program beside the agent: brings it up in its box, and hands in what it made."""
