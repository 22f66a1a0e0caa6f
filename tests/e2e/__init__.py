"""The main job from outside: real processes, real HTTP, real mail, a real browser."""
