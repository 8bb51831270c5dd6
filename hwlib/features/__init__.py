"""Feature networks: images in, one row of features per image out.

`lenet` is embedded and runs anywhere; `inception` is the network of the published FIDs and needs its weights.
"""
