# SPDX-License-Identifier: GPL-3.0-or-later
"""The membrane's energy, gradient and second derivatives, a thread a triangle; see `implicit.membrane`."""

import warp as wp

COMPRESSION = 0.2  # of a thread's first stiffness that is left when it is pushed
BUCKLED = 1e-3  # strain over which a pushed thread gives way
REACH = 1.0  # strain (or shear) at the end of a table of tensions; beyond, the last slope goes on

STEEP = 0.95  # sine of a shear, 72 degrees, that no cloth bears without folding

vec3 = wp.vec3d
mat33 = wp.mat33d
real = wp.float64


@wp.func
def _answer(tension: wp.array3d(dtype=real), energy: wp.array3d(dtype=real), fabric: int, way: int, e: real):
    """(U, U', U'') of one curve at the strain e >= 0."""
    count = tension.shape[2]
    step = real(REACH) / real(count - 1)
    k = wp.min(int(wp.floor(e / step)), count - 2)
    low = tension[fabric, way, k]
    slope = (tension[fabric, way, k + 1] - low) / step
    d = e - real(k) * step
    return vec3(energy[fabric, way, k] + low * d + real(0.5) * slope * d * d, low + slope * d, slope)


@wp.func
def _thread(tension: wp.array3d(dtype=real), energy: wp.array3d(dtype=real), fabric: int, way: int, e: real):
    if e >= real(0.0):
        return _answer(tension, energy, fabric, way, e)
    # The stiffness falls from that of tension to its share in compression over BUCKLED, so that its slope never jumps.
    k = tension[fabric, way, 1] * real(tension.shape[2] - 1) / real(REACH)
    lost = k * (real(1.0) - real(COMPRESSION))
    d = wp.max(e, -real(BUCKLED))
    force = k * d + lost * d * d / (real(2.0) * real(BUCKLED))
    stored = real(0.5) * k * d * d + lost * d * d * d / (real(6.0) * real(BUCKLED))
    rest = e - d
    slope = k + lost * d / real(BUCKLED)
    return vec3(stored + force * rest + real(0.5) * slope * rest * rest, force + slope * rest, slope)


@wp.func
def _thread_hessian(direction: vec3, length: real, u: vec3, convexity: real):
    along = wp.outer(direction, direction)
    across = u[1] / length
    if across < real(0.0):
        across *= real(1.0) - convexity
    return u[2] * along + across * (wp.identity(n=3, dtype=real) - along)


@wp.func
def _shear(tension: wp.array3d(dtype=real), energy: wp.array3d(dtype=real), fabric: int, sine: real):
    """(U, U', U'') over the sine of a shear whose curve is told over the angle; quadratic beyond STEEP."""
    s = wp.min(sine, real(STEEP))
    u = _answer(tension, energy, fabric, 2, wp.asin(s))
    slope = real(1.0) / wp.sqrt(real(1.0) - s * s)
    first = u[1] * slope
    second = u[2] * slope * slope + u[1] * s * slope * slope * slope
    rest = sine - s
    return vec3(u[0] + first * rest + real(0.5) * second * rest * rest, first + second * rest, second)


@wp.func
def _sine_convex(d: vec3, length: real, across: mat33, slope: vec3, push: real, sign: real):
    """At least what the sine's second derivative adds along one thread and is positive.

    The coupling of the threads is halved: what is left of it is the square of a difference. Of what turns a thread
    while it grows longer, the positive one of two eigenvectors is kept.
    """
    result = real(0.5) * push * across / length
    size = wp.length(slope)
    if size > real(1.0e-12):
        way = d - sign * slope / size
        result += real(0.5) * push * size / length * wp.outer(way, way)
    return result


@wp.kernel(enable_backward=False)
def membrane(
    x: wp.array(dtype=vec3),
    faces: wp.array2d(dtype=int),
    a: wp.array2d(dtype=real),
    b: wp.array2d(dtype=real),
    area: wp.array(dtype=real),
    fabric: wp.array(dtype=int),
    tension: wp.array3d(dtype=real),
    energy_table: wp.array3d(dtype=real),
    derivatives: bool,
    convexity: real,
    energy: wp.array(dtype=real),
    gradient: wp.array(dtype=vec3),
    hessian: wp.array2d(dtype=mat33),
):
    """J of each triangle; with `derivatives`, its gradient and nine blocks: whole at a convexity of 0, convex at 1."""
    t = wp.tid()
    fu = vec3()
    fv = vec3()
    for k in range(3):
        at = x[faces[t, k]]
        fu += a[t, k] * at
        fv += b[t, k] * at
    lu = wp.max(wp.length(fu), real(1.0e-9))
    lv = wp.max(wp.length(fv), real(1.0e-9))
    du = fu / lu
    dv = fv / lv
    s = wp.dot(du, dv)
    weft = _thread(tension, energy_table, fabric[t], 0, lu - real(1.0))
    warp = _thread(tension, energy_table, fabric[t], 1, lv - real(1.0))
    shear = _shear(tension, energy_table, fabric[t], wp.abs(s))
    energy[t] = area[t] * (weft[0] + warp[0] + shear[0])
    if not derivatives:
        return
    sign = real(1.0)
    if s < real(0.0):
        sign = real(-1.0)
    push = sign * shear[1]
    identity = wp.identity(n=3, dtype=real)
    pu = (identity - wp.outer(du, du)) / lu
    pv = (identity - wp.outer(dv, dv)) / lv
    su = pu * dv  # the sine's slopes
    sv = pv * du
    gu = area[t] * (weft[1] * du + push * su)
    gv = area[t] * (warp[1] * dv + push * sv)
    huu = _thread_hessian(du, lu, weft, convexity) + shear[2] * wp.outer(su, su)
    hvv = _thread_hessian(dv, lv, warp, convexity) + shear[2] * wp.outer(sv, sv)
    huv = shear[2] * wp.outer(su, sv)
    whole = real(1.0) - convexity
    huu += convexity * _sine_convex(du, lu, pu, su, shear[1], sign)
    hvv += convexity * _sine_convex(dv, lv, pv, sv, shear[1], sign)
    huu -= whole * push / lu * (s * pu + wp.outer(du, su) + wp.outer(su, du))
    hvv -= whole * push / lv * (s * pv + wp.outer(dv, sv) + wp.outer(sv, dv))
    huv += real(0.5) * (real(1.0) + whole) * push * pu * pv
    for i in range(3):
        wp.atomic_add(gradient, faces[t, i], a[t, i] * gu + b[t, i] * gv)
        for j in range(3):
            block = a[t, i] * a[t, j] * huu + b[t, i] * b[t, j] * hvv
            block += a[t, i] * b[t, j] * huv + b[t, i] * a[t, j] * wp.transpose(huv)
            hessian[t, 3 * i + j] = area[t] * block
