"""How a command is confined, started, watched and killed. The one place that spawns for a model."""
