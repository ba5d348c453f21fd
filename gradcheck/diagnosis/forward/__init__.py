"""A forward pass read as a network: affine maps, activations, penalty and loss, told by what it computes."""
