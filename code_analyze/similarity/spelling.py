"""Which spellings of PyTorch say the same: tables only, no code.

The canonical channel replaces each spelling by one operation. The tables list what honest and copying
students really exchange for each other; what is not listed keeps its own name.
"""

from __future__ import annotations

# Operations that only rearrange or move a tensor. Which one is used, and with which sizes, says little:
# the handout dictates the sizes, and every one of them can be replaced by every other one.
SHAPE_OPS = frozenset([
    "view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "expand",
    "expand_as", "ravel", "rearrange", "Flatten", "Unflatten",
])  # fmt: skip

# Operations without an effect on the values (devices, types, memory layout).
TRANSPARENT_OPS = frozenset([
    "to", "cuda", "cpu", "contiguous", "clone", "requires_grad", "type", "type_as", "float", "double",
    "half", "as_tensor", "tensor", "tensor_", "from_numpy",
    "FloatTensor", "Variable", "Parameter", "Identity",
])  # fmt: skip

# Keyword arguments without an effect on the values.
TRANSPARENT_KEYWORDS = frozenset([
    "device", "dtype", "inplace", "requires_grad", "out", "layout", "pin_memory", "non_blocking",
    "set_to_none", "copy", "memory_format",
])  # fmt: skip

SAMPLES_OF_A_STANDARD_NORMAL = frozenset(["randn", "randn_like", "standard_normal"])

# Operations with synonyms of which each student tends to one.
TELLING = frozenset([
    "randn", "randn_like", "normal_", "normal", "chunk", "split", "narrow", "unbind", "tensor_split", "ones",
    "zeros", "full", "new_ones", "new_zeros", "new_full", "forward", "einsum", "numel", "copy_",
    "kl_divergence", "log_prob", "Independent",
])  # fmt: skip

REDUCTIONS = frozenset(["sum", "mean", "nansum", "nanmean"])

# name of a call -> name of the operation. In-place forms (`relu_`) lose their underscore before.
OPERATIONS: dict[str, str] = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "Sigmoid": "sigmoid",
    "expit": "sigmoid",
    "Tanh": "tanh",
    "ELU": "elu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Softmax": "softmax",
    "Dropout": "dropout",
    "Dropout2d": "dropout2d",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "truediv": "div",
    "subtract": "sub",
    "negative": "neg",
    "power": "pow",
    "absolute": "abs",
    "concat": "cat",
    "concatenate": "cat",
    "clip": "clamp",
    "clamp_min": "clamp",
    "clamp_max": "clamp",
    "t": "transpose",
    "permute": "transpose",
    "swapaxes": "transpose",
    "movedim": "transpose",
    "split": "chunk",
    "hsplit": "chunk",
    "tensor_split": "chunk",
    "normal_init": "normal",
    "constant": "fill",
    "constant_": "fill",
    "ones": "fill:1",
    "ones_like": "fill:1",
    "zeros": "fill:0",
    "zeros_like": "fill:0",
    "zero": "fill:0",
    "new_ones": "fill:1",
    "new_zeros": "fill:0",
    "save_image": "save_image",
    "BCELoss": "bce",
    "binary_cross_entropy": "bce",
    "BCEWithLogitsLoss": "bce_logits",
    "binary_cross_entropy_with_logits": "bce_logits",
    "MSELoss": "mse",
    "mse_loss": "mse",
    "L1Loss": "l1",
    "l1_loss": "l1",
    "KLDivLoss": "kl_div",
    "data": "detach",
}

ELEMENTWISE = frozenset(["relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "silu"])

LOSSES = frozenset(["bce", "bce_logits", "mse", "l1", "kl_div"])

# Modules without weights: applying one to x is the operation on x.
ACTIVATION_MODULES = frozenset([
    "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "ELU", "GELU", "SiLU", "Softmax", "Dropout", "Dropout2d",
    "Softplus", "Flatten", "Unflatten", "Identity",
])  # fmt: skip

CONTAINERS = frozenset(["Sequential", "ModuleList", "ModuleDict"])

# Parameter names by position ("" is the tensor itself), so that `Conv2d(1, 32, 4)` and
# `Conv2d(in_channels=1, ...)` are the same.
SIGNATURES: dict[str, tuple[str, ...]] = {
    "Conv2d": (
        "in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias",
    ),
    "ConvTranspose2d": (
        "in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "bias",
    ),
    "Linear": ("in_features", "out_features", "bias"),
    "BatchNorm2d": ("num_features", "eps", "momentum", "affine"),
    "BatchNorm1d": ("num_features", "eps", "momentum", "affine"),
    "InstanceNorm2d": ("num_features", "eps", "momentum", "affine"),
    "MaxPool2d": ("kernel_size", "stride", "padding"),
    "AvgPool2d": ("kernel_size", "stride", "padding"),
    "Upsample": ("size", "scale_factor", "mode"),
    "relu": ("", "inplace"),
    "ReLU": ("inplace",),
    "leaky_relu": ("", "negative_slope", "inplace"),
    "LeakyReLU": ("negative_slope", "inplace"),
    "Adam": ("params", "lr", "betas"),
    "normal": ("", "mean", "std"),
    "Normal": ("loc", "scale"),
    "Bernoulli": ("probs", "logits"),
    "unbind": ("", "dim"),
    "clamp": ("", "min", "max"),
    "cat": ("", "dim"),
    "chunk": ("", "chunks", "dim"),
}  # fmt: skip

# Values that change nothing when they are written out.
DEFAULTS: dict[str, dict[str, object]] = {
    "Conv2d": {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True},
    "ConvTranspose2d": {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "bias": True},
    "Linear": {"bias": True},
    "BatchNorm2d": {"eps": 1e-5, "momentum": 0.1, "affine": True},
    "BatchNorm1d": {"eps": 1e-5, "momentum": 0.1, "affine": True},
    "leaky_relu": {"negative_slope": 0.01},
    "LeakyReLU": {"negative_slope": 0.01},
    "normal": {"mean": 0, "std": 1},
}

# Calls whose only effect is on the terminal or on the program's checks of itself.
NO_EFFECT_CALLS = frozenset(
    ["print", "pprint", "info", "debug", "warning", "display", "tqdm.write", "manual_seed_print"]
)

# Modules whose functions take the tensor first, like the tensor's own methods.
FUNCTION_MODULES = (
    "torch.nn.functional",
    "torch.nn.init",
    "torch.special",
    "torch.autograd",
    "operator",
    "torch",
    "numpy.random",
    "numpy",
    "math",
)
