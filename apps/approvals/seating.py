"""Whether every seat can have a person of its own. Pure."""

from collections import deque
from collections.abc import Sequence


def all_seated(seats: Sequence[frozenset[str]]) -> bool:
    """Whether so many different people can be chosen, one for each seat among those it admits (bipartite matching)."""
    holder: dict[str, int] = {}
    open_seats = []
    for number, people in enumerate(seats):
        free = next((person for person in sorted(people) if person not in holder), None)
        if free is None:
            open_seats.append(number)
        else:
            holder[free] = number
    return all(_find_place(number, seats, holder) for number in open_seats)


def _find_place(start: int, seats: Sequence[frozenset[str]], holder: dict[str, int]) -> bool:
    """Seat somebody on ``start``, moving others along the shortest chain of seats that leads to a free person."""
    queue, came_by = deque([start]), dict[str, int]()
    while queue:
        number = queue.popleft()
        for person in sorted(seats[number]):
            if person in came_by:
                continue
            came_by[person] = number
            if person in holder:
                queue.append(holder[person])
                continue
            _move_up(person, start, came_by, holder)
            return True
    return False


def _move_up(person: str, start: int, came_by: dict[str, int], holder: dict[str, int]) -> None:
    sitting = {number: name for name, number in holder.items()}
    while True:
        number = came_by[person]
        holder[person] = number
        if number == start:
            return
        person = sitting[number]
