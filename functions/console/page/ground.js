// What a map stands on: zones, and roads with their edges.

// Speeds from and below which roads look alike, in km/h, and how much wider than the
// narrowest these are.
const classes = [[0, 45, 1], [45, 70, 1.9], [70, Infinity, 2.6]]

/**
 * paintGround paints zones and roads as a view shows them, with a margin around.
 * Roads are {speed, flat}: x, y, x, y … in world units, areas lists of [x, y].
 */
export function paintGround(c, { view: v, w, hgt, margin, roads, areas, colours }) {
  const px = (x) => (x - v.x) * v.scale + w / 2 + margin
  const py = (y) => (y - v.y) * v.scale + hgt / 2 + margin
  paintAreas(c, areas, px, py, colours)
  c.lineJoin = c.lineCap = 'round'
  const wide = Math.min(Math.max(0.8 * (v.scale / 20_000) ** 0.6, 0.6), 9)
  const shown = roads.filter(({ flat }) => !outside(flat, px, py, w + 2 * margin, hgt + 2 * margin))
  // Edges first, so that streets run into each other; from afar there are only edges.
  for (const edge of [true, false]) {
    for (const [least, most, times] of classes) {
      const width = wide * times
      if (!edge && width < 2) continue
      c.beginPath()
      for (const { speed, flat } of shown) {
        if (speed < least || speed >= most) continue
        c.moveTo(px(flat[0]), py(flat[1]))
        for (let i = 2; i < flat.length; i += 2) c.lineTo(px(flat[i]), py(flat[i + 1]))
      }
      c.strokeStyle = edge ? colours['road-edge'] : colours.road
      c.lineWidth = edge && width >= 2 ? width + 1.4 : width
      c.stroke()
    }
  }
}

function paintAreas(c, areas, px, py, colours) {
  for (const ring of areas) {
    c.beginPath()
    ring.forEach(([x, y], i) => (i ? c.lineTo(px(x), py(y)) : c.moveTo(px(x), py(y))))
    c.closePath()
    c.fillStyle = colours.ground
    c.fill()
    c.strokeStyle = colours.zone
    c.lineWidth = 1
    c.stroke()
  }
}

function outside(flat, px, py, right, bottom) {
  const x0 = px(flat[0])
  const y0 = py(flat[1])
  const x1 = px(flat[flat.length - 2])
  const y1 = py(flat[flat.length - 1])
  return (x0 < 0 && x1 < 0) || (y0 < 0 && y1 < 0) || (x0 > right && x1 > right) || (y0 > bottom && y1 > bottom)
}
