"""Where torch.hub's downloads were at first (torch.utils.model_zoo)."""

from ..hub import _get_torch_home, tqdm
from ..hub import load_state_dict_from_url as load_url

__all__ = ["_get_torch_home", "load_url", "tqdm"]
