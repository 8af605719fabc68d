#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what digits.py printed: accuracy over rounds, a line for each run.

    examples/fl/digits.py --clients 100 --rounds 30 > without
    examples/fl/digits.py --clients 100 --rounds 30 --epsilon 8 --clip 0.5 > with
    examples/fl/picture.py "without privacy=without" "epsilon 8=with" > accuracy.svg
"""
import re
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 48, 130, 16, 40
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]  # Okabe and Ito's: told apart by everybody


def read(path):
    """The accuracies of a run in percent, from the first model on."""
    with open(path, encoding="utf-8") as lines:
        found = [re.match(r"after +\d+ rounds: ([\d.]+)%", line) for line in lines]
    return [float(match.group(1)) for match in found if match]


def place(number, value, rounds):
    x = LEFT + (WIDTH - LEFT - RIGHT) * number / rounds
    y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / 100)
    return f"{x:.1f}", f"{y:.1f}"


def text(x, y, content, anchor="middle"):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(content)}</text>'


def grid(rounds):
    for value in range(0, 101, 20):
        x, y = place(0, value, rounds)
        yield f'<path d="M{x} {y}H{WIDTH - RIGHT}" stroke="#ccc"/>'
        yield text(LEFT - 8, float(y) + 4, f"{value} %", "end")
    for number in range(0, rounds + 1, max(1, rounds // 6)):
        yield text(place(number, 0, rounds)[0], HEIGHT - BOTTOM + 18, str(number))
    yield text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "rounds")


def line(label, accuracies, colour, rounds):
    points = [place(number, value, rounds) for number, value in enumerate(accuracies)]
    path = " ".join(",".join(point) for point in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    x, y = points[-1]
    yield f'<g fill="{colour}">{text(float(x) + 6, float(y) + 4, label, "start")}</g>'


def main(arguments):
    runs = [(label, read(path)) for label, _, path in (a.rpartition("=") for a in arguments)]
    if not runs or not all(accuracies for _, accuracies in runs):
        sys.exit("give runs as LABEL=FILE, each with what digits.py printed")
    rounds = max(len(accuracies) for _, accuracies in runs) - 1
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
          'font-family="sans-serif" font-size="12">')
    print('<rect width="100%" height="100%" fill="white"/>')
    print("\n".join(grid(rounds)))
    for (label, accuracies), colour in zip(runs, COLOURS):
        print("\n".join(line(label, accuracies, colour, rounds)))
    print("</svg>")


if __name__ == "__main__":
    main(sys.argv[1:])
