"""The shapes of requests and responses over HTTP, shared by server and client.

Runs, jobs, cells, log lines and events go over the wire as the values of the domain.
"""
