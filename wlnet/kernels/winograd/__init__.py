"""winograd"""
