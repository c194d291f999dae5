import numpy as np

from labkit.figures.canvas import LiveCanvas
from labkit.figures.zig_zag import Descent, ZigZagView

LINES = np.arange(12.0).reshape(2, 3, 2) / 10


def descent(steps=3, moves=((0.1, 0.2), (-0.3, -0.1))):
    path = np.cumsum(np.full((steps + 1, 2), 0.1), axis=0)
    return Descent("inputs", "numbers", LINES, path, np.array(moves), np.array([1.5, -1.0]), 0.5 ** np.arange(11))


def made(**changes):
    view = ZigZagView()
    view.update((descent(**changes), descent()), 3, 10)
    return view


def test_path_goal_and_loss_show_the_numbers():
    view, shown = made(), descent()
    surface = view.surfaces[0]
    np.testing.assert_array_equal(np.column_stack(surface.path.get_data()), shown.path)
    assert [float(v[0]) for v in surface.goal.get_data()] == [1.5, -1.0]
    assert [float(v[0]) for v in surface.here.get_data()] == shown.path[-1].tolist()
    assert (surface.title.get_text(), surface.numbers.get_text()) == ("inputs", "numbers")
    np.testing.assert_array_equal(view.losses[0].get_ydata(), shown.loss)
    assert view.cursor.get_xdata() == [3, 3]


def test_contours_are_one_line_with_gaps():
    x, y = made().surfaces[0].contours.get_data()
    np.testing.assert_array_equal(np.isnan(x), [0, 0, 0, 1, 0, 0, 0, 1])
    np.testing.assert_array_equal(y[4:7], LINES[1, :, 1])


def test_quadrants_are_shaded_from_the_paths_end_where_a_move_points_into_them():
    def shaded(surface):
        return [quadrant.get_visible() for quadrant in surface.quadrants]  # counted from the upper right, leftwards

    assert shaded(made().surfaces[0]) == [True, False, True, False]
    view = made(moves=((0.1, -0.2), (-0.3, 0.0)))  # one along an axis belongs to none
    assert shaded(view.surfaces[0]) == [False, False, False, True]
    quadrant, here = view.surfaces[0].quadrants[3], descent().path[-1]
    assert quadrant.get_xy() == tuple(here)
    assert quadrant.get_width() > 0 > quadrant.get_height()


def test_moves_start_at_the_paths_end():
    x, y = made().surfaces[0].moves.get_data()
    here = descent().path[-1]
    np.testing.assert_allclose([x[:2], y[:2]], [[here[0], here[0] + 0.1], [here[1], here[1] + 0.2]])


def test_the_background_stands_still_while_the_path_grows():
    view = ZigZagView()
    canvas = LiveCanvas(view.figure)
    frames = []
    for steps in (1, 5, 9):
        view.update((descent(steps), descent()), steps, 10)
        frames.append(canvas.render())
    assert canvas.full_draws == 1
    assert len(set(frames)) == 3
