# SPDX-License-Identifier: GPL-3.0-or-later
"""The membrane's energy, gradient and second derivatives, a thread a triangle or a patch; see `implicit.membrane`.

Each kernel is told which of its triangles, patches, vertices of patches, or pairs of those are meant.
"""

import warp as wp

COMPRESSION = 0.05  # of a thread's first stiffness that is left when it is pushed
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
def _law(tension: wp.array3d(dtype=real), energy: wp.array3d(dtype=real), fabric: int, c: vec3):
    """A cloth's energy per area at the metric c = (f_u . f_u, f_v . f_v, f_u . f_v): U, dU/dc and d²U/dc²."""
    cu = wp.max(c[0], real(1.0e-18))
    cv = wp.max(c[1], real(1.0e-18))
    lu = wp.sqrt(cu)
    lv = wp.sqrt(cv)
    s = c[2] / (lu * lv)
    sign = wp.where(s < real(0.0), real(-1.0), real(1.0))
    weft = _thread(tension, energy, fabric, 0, lu - real(1.0))
    warp = _thread(tension, energy, fabric, 1, lv - real(1.0))
    shear = _shear(tension, energy, fabric, wp.abs(s))
    half = real(0.5)
    push = sign * shear[1]
    along = vec3(-half * s / cu, -half * s / cv, real(1.0) / (lu * lv))  # the sine's slope
    first = vec3(half * weft[1] / lu, half * warp[1] / lv, real(0.0)) + push * along
    second = shear[2] * wp.outer(along, along)
    second[0, 0] += (weft[2] - weft[1] / lu) / (real(4.0) * cu) + real(0.75) * push * s / (cu * cu)
    second[1, 1] += (warp[2] - warp[1] / lv) / (real(4.0) * cv) + real(0.75) * push * s / (cv * cv)
    uv = real(0.25) * push * s / (cu * cv)
    second[0, 1] += uv
    second[1, 0] += uv
    us = -half * push / (cu * lu * lv)
    vs = -half * push / (cv * lu * lv)
    second[0, 2] += us
    second[2, 0] += us
    second[1, 2] += vs
    second[2, 1] += vs
    return weft[0] + warp[0] + shear[0], first, second


@wp.func
def _convex(m: mat33):
    """The part of a symmetric matrix that has no negative eigenvalue."""
    q, d = wp.eig3(m)
    kept = wp.diag(vec3(wp.max(d[0], real(0.0)), wp.max(d[1], real(0.0)), wp.max(d[2], real(0.0))))
    return q * kept * wp.transpose(q)


@wp.func
def _positive(m: mat33):
    """Whether a symmetric matrix has no negative eigenvalue for certain: by its leading minors, which cost little."""
    return m[0, 0] > real(0.0) and m[0, 0] * m[1, 1] > m[0, 1] * m[0, 1] and wp.determinant(m) > real(0.0)


@wp.kernel(enable_backward=False)
def metrics(
    which: wp.array(dtype=int),
    x: wp.array(dtype=vec3),
    faces: wp.array2d(dtype=int),
    a: wp.array2d(dtype=real),
    b: wp.array2d(dtype=real),
    gradients: wp.array2d(dtype=vec3),
    metric: wp.array(dtype=vec3),
):
    """Of each triangle the deformation gradient (f_u, f_v), and their products."""
    t = which[wp.tid()]
    fu = vec3()
    fv = vec3()
    for k in range(3):
        at = x[faces[t, k]]
        fu += a[t, k] * at
        fv += b[t, k] * at
    gradients[t, 0] = fu
    gradients[t, 1] = fv
    metric[t] = vec3(wp.dot(fu, fu), wp.dot(fv, fv), wp.dot(fu, fv))


@wp.kernel(enable_backward=False)
def answer(
    which: wp.array(dtype=int),
    first: wp.array(dtype=int),
    triangles: wp.array(dtype=int),
    shares: wp.array(dtype=real),
    area: wp.array(dtype=real),
    fabric: wp.array(dtype=int),
    tension: wp.array3d(dtype=real),
    energy_table: wp.array3d(dtype=real),
    metric: wp.array(dtype=vec3),
    derivatives: bool,
    convexity: real,
    energy: wp.array(dtype=real),
    stress: wp.array(dtype=vec3),
    stiffness: wp.array(dtype=mat33),
):
    """J of each patch at the mean metric of its triangles; with `derivatives`, the first and second ones by that."""
    p = which[wp.tid()]
    mean = vec3()
    for k in range(first[p], first[p + 1]):
        mean += shares[k] * metric[triangles[k]]
    stored, slope, second = _law(tension, energy_table, fabric[p], mean)
    energy[p] = area[p] * stored
    if derivatives:
        stress[p] = area[p] * slope
        if convexity > real(0.0) and not _positive(second):
            second += convexity * (_convex(second) - second)
        stiffness[p] = area[p] * second


@wp.kernel(enable_backward=False)
def pull(
    which: wp.array(dtype=int),
    faces: wp.array2d(dtype=int),
    a: wp.array2d(dtype=real),
    b: wp.array2d(dtype=real),
    gradients: wp.array2d(dtype=vec3),
    patches: wp.array2d(dtype=int),
    shares: wp.array2d(dtype=real),
    stress: wp.array(dtype=vec3),
    convexity: real,
    gradient: wp.array(dtype=vec3),
    hessian: wp.array(dtype=mat33),
):
    """Add to the gradient what the stress pulls with, and give a block for each two corners: what turning adds."""
    t = which[wp.tid()]
    s = vec3()
    for k in range(patches.shape[1]):
        s += shares[t, k] * stress[patches[t, k]]
    fu = gradients[t, 0]
    fv = gradients[t, 1]
    half = real(0.5)
    # Of the symmetric [[s0, s2/2], [s2/2, s1]], the negative eigenvalues are given up by the convexity.
    middle = half * (s[0] + s[1])
    apart = half * (s[0] - s[1])
    radius = wp.sqrt(apart * apart + real(0.25) * s[2] * s[2])
    low = wp.min(middle - radius, real(0.0)) * convexity
    high = wp.min(middle + radius, real(0.0)) * convexity
    uu = s[0]
    vv = s[1]
    uv = half * s[2]
    if radius > real(0.0):
        mean = half * (low + high)
        turn = half * (high - low) / radius
        uu -= mean + turn * apart
        vv -= mean - turn * apart
        uv -= turn * uv
    else:
        uu -= low
        vv -= low
    block = 6 * t
    for i in range(3):
        wp.atomic_add(
            gradient,
            faces[t, i],
            a[t, i] * (real(2.0) * s[0] * fu + s[2] * fv) + b[t, i] * (real(2.0) * s[1] * fv + s[2] * fu),
        )
        for j in range(i, 3):
            push = a[t, i] * a[t, j] * uu + b[t, i] * b[t, j] * vv + (a[t, i] * b[t, j] + b[t, i] * a[t, j]) * uv
            hessian[block] = real(2.0) * push * wp.identity(n=3, dtype=real)
            block += 1


@wp.kernel(enable_backward=False)
def slopes(
    which: wp.array(dtype=int),
    first: wp.array(dtype=int),
    triangles: wp.array(dtype=int),
    corners: wp.array(dtype=int),
    shares: wp.array(dtype=real),
    a: wp.array2d(dtype=real),
    b: wp.array2d(dtype=real),
    gradients: wp.array2d(dtype=vec3),
    slope: wp.array(dtype=mat33),
):
    """Of each vertex of each patch, how the patch's mean metric (rows) changes with its position (columns)."""
    e = which[wp.tid()]
    total = mat33()
    for k in range(first[e], first[e + 1]):
        t = triangles[k]
        p = a[t, corners[k]]
        q = b[t, corners[k]]
        fu = gradients[t, 0]
        fv = gradients[t, 1]
        across = p * fv + q * fu
        total += shares[k] * wp.matrix_from_rows(real(2.0) * p * fu, real(2.0) * q * fv, across)
    slope[e] = total


@wp.kernel(enable_backward=False)
def stiffen(
    which: wp.array(dtype=int),
    pairs: wp.array2d(dtype=int),
    patch: wp.array(dtype=int),
    slope: wp.array(dtype=mat33),
    stiffness: wp.array(dtype=mat33),
    begin: int,
    hessian: wp.array(dtype=mat33),
):
    """A block for each pair of a patch's vertices: what its stiffness adds, from hessian[begin] on."""
    k = which[wp.tid()]
    e = pairs[k, 0]
    hessian[begin + k] = wp.transpose(slope[e]) * stiffness[patch[e]] * slope[pairs[k, 1]]
