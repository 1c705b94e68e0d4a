"""What PRISM tells NetworkX about itself.

NetworkX loads this while it is itself being imported, so that nothing else is imported here.
"""

_KEYWORDS = {
    "seed : int, optional (default = 0)": "The seed of all random choices.",
    "time_limit : float or str, optional": "Go on from the strategy's colouring for this time, in seconds.",
    "moves : int, optional": "Go on from it for this many moves.",
    "target : int, optional": "Go on from it until a colouring has at most this many colours.",
    "threads : int, optional": "Threads that search; one a core by default.",
    "device : str, optional (default = 'auto')": "Where to search: 'cpu', 'cuda:0' or 'auto'.",
}
_SEARCH = {
    "seed : int, optional (default = 0)": "The seed of all random choices.",
    "time_limit : float or str, optional": "Search no longer than this, in seconds.",
    "moves : int, optional": "Make no more moves than this.",
    "threads : int, optional": "Threads that search; one a core by default.",
    "device : str, optional (default = 'auto')": "Where to search: 'cpu', 'cuda:0' or 'auto'.",
}


def get_info():
    """The description that NetworkX shows."""
    return {
        "backend_name": "prism",
        "project": "PRISM",
        "package": "prism_coloring",
        "short_summary": "Graph colouring in Rust, on the CPU and on NVIDIA GPUs.",
        "functions": {
            "greedy_color": {
                "additional_docs": (
                    "Every strategy runs in Rust, with and without interchange. The colours are those of NetworkX "
                    "for largest_first, connected_sequential and saturation_largest_first; the other strategies "
                    "depend on chance or on how sets lie in memory, and need no more colours here on average."
                ),
                "additional_parameters": _KEYWORDS,
            },
            "equitable_color": {
                "additional_docs": (
                    "Also with no more colours than the largest degree: there is a search then, which ends at the "
                    "limits, or after 50 million moves, and NetworkXAlgorithmError says whether there is no such "
                    "colouring or none was found."
                ),
                "additional_parameters": _SEARCH,
            },
            "is_coloring": {},
            "is_equitable": {},
        },
        "default_config": {},
    }
