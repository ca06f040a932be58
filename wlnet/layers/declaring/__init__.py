"""declaring"""
