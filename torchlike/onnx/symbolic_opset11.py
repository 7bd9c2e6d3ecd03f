"""How PyTorch exports its ops (torch.onnx.symbolic_opset11). There is no exporter here, so there are none of its functions."""
