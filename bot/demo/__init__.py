"""The main job on one machine: an embedded GitHub, the app, and a real project."""
