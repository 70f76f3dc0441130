"""How a theorem is held against draws: `verify` samples, `sequences` and `evidence` bound, `rule` decides, `verdict` says so in words."""
