"""How fast the mean at n samples approaches the theorem's number: `rate` simulates, `exponents` fits."""
