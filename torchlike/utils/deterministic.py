"""What deterministic mode does to new memory (torch.utils.deterministic)."""

# Kept for programs that set it: memory is always filled here, with zeros.
fill_uninitialized_memory = True
