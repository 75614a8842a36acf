"""What `router init` and `router plugin new` write: configurations, tests and plugins to begin with."""
