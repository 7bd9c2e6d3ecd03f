"""What came before torch.func (torch._functorch): modules as functions of the tuple of their parameters."""
