"""The orchestration: one module for each thing that Seawall does; nothing here prints."""
