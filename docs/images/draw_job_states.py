"""Draws job-states.svg: which status of a job can follow which. Run it after a change of the statuses.

The arrows are those of the code; only the places of the boxes are chosen here.
"""

from __future__ import annotations

from pathlib import Path

from dli_provider.flink.status import _FOLLOWED_BY as FOLLOWED_BY
from dli_provider.flink.status import FlinkJobStatus

WIDTH, HEIGHT = 200, 34

PLACES = {
    "job_arrearage_recovering": (16, 30),
    "job_init": (16, 178),
    "job_downloading": (262, 104),
    "job_submitting": (262, 178),
    "job_running": (520, 104),
    "job_savepointing": (520, 196),
    "job_canceling": (520, 286),
    "job_finish": (790, 24),
    "job_running_exception": (790, 84),
    "job_arrearage_stopped": (790, 144),
    "job_cancel_success": (790, 262),
    "job_cancel_fail": (790, 316),
    "job_submit_fail": (790, 376),
}
"""Left and upper edge of each box. ``job_idle`` has none: anything may precede and follow it."""

STYLE = """
text { font: 13px ui-monospace, monospace; fill: #1c1b1f; text-anchor: middle }
.note { font: 13px system-ui, sans-serif; text-anchor: start }
rect { rx: 6; stroke-width: 1.5 }
.lives { fill: #eef3fb; stroke: #5b7db1 }
.ended { fill: #edf7ed; stroke: #4c8c4a }
.failed { fill: #fdecea; stroke: #b3261e }
path { fill: none; stroke: #5f6368; stroke-width: 1.5; marker-end: url(#arrow) }
"""


NOTES = (
    "Blue goes on by itself, green has ended, red has failed.",
    "Green and red stay so until somebody acts.",
    "What leads to job_idle, and from it, is not documented.",
)


def draw() -> str:
    """Return the picture."""
    arrows = [
        _arrow(status, follower)
        for status, followers in FOLLOWED_BY.items()
        if status in PLACES
        for follower in sorted(followers & PLACES.keys())
    ]
    boxes = [_box(FlinkJobStatus(name)) for name in PLACES]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1010 440" role="img">',
            f"<style>{STYLE}</style>",
            '<marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0,0 L8,4 L0,8 z" style="fill:#5f6368;stroke:none"/></marker>',
            '<rect width="1010" height="440" fill="#fff" stroke="none"/>',
            *arrows,
            *boxes,
            *(
                f'<text class="note" x="16" y="{300 + 22 * number}">{line}</text>'
                for number, line in enumerate(NOTES)
            ),
            "</svg>\n",
        ]
    )


def _box(status: FlinkJobStatus) -> str:
    x, y = PLACES[status]
    kind = "failed" if status.is_failure else "lives" if FOLLOWED_BY[status] else "ended"
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<text x="{x + WIDTH // 2}" y="{y + 22}">{status}</text>'
    )


def _arrow(status: str, follower: str) -> str:
    (x1, y1), (x2, y2) = PLACES[status], PLACES[follower]
    if x1 == x2:  # up or down, a little aside so that there is room for the way back
        down = y2 > y1
        x = x1 + WIDTH // 2 + (12 if down else -12)
        if abs(y2 - y1) > 150:  # past a box in between
            x = x1 + WIDTH
            return _path(
                status, follower, f"M{x},{y1 + 24} C{x + 40},{y1 + 60} {x + 40},{y2 - 20} {x},{y2 + 10}"
            )
        return _path(
            status, follower, f"M{x},{y1 + HEIGHT if down else y1} L{x},{y2 if down else y2 + HEIGHT}"
        )
    start, end, middle = x1 + WIDTH, x2, HEIGHT // 2
    bend = min(110, (end - start) // 2)
    controls = (start + bend, y1), (end - bend, y2)
    if x2 - x1 > 300:  # around the boxes in between: level first from the left edge, else steep first
        controls = ((end - 70, y1), (end - 60, y2)) if x1 < WIDTH else ((start + 34, y2), (start + 60, y2))
    (cx1, cy1), (cx2, cy2) = controls
    curve = f"C{cx1},{cy1 + middle} {cx2},{cy2 + middle} {end},{y2 + middle}"
    return _path(status, follower, f"M{start},{y1 + middle} {curve}")


def _path(status: str, follower: str, shape: str) -> str:
    return f'<path d="{shape}"><title>{status} to {follower}</title></path>'


if __name__ == "__main__":
    Path(__file__).with_name("job-states.svg").write_text(draw())
