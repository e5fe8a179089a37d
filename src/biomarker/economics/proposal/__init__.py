"""The economics of testing for one marker and treating by it, from its effects and a few assumptions."""
