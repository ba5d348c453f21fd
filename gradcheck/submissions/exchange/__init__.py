"""The controller's side: a child's processes, the frames between them, and a network behind them as a driver."""
