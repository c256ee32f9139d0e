"""Several clients side by side: who got through what, and which failure each takes for which."""
