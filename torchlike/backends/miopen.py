"""AMD's MIOpen (torch.backends.miopen): its switch is kept."""

immediate = False
