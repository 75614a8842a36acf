"""Does what was planned: claims, runs, retries and records."""
