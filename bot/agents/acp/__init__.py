"""Greenroom's side of the Agent Client Protocol: the client that an agent talks to.

https://agentclientprotocol.com/protocol/overview
"""
