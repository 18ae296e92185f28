"""How a problem is solved: stage by stage, with the network's rows only where they bind."""
