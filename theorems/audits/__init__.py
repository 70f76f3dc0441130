"""What the cases of a theorem can see: its formula perturbed, each perturbation held against the draws."""
