"""The shipped actions, one file each; loaded by path, as a user's own are, and never imported by name."""
