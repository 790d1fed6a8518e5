// What moves on a map, or is looked at: couriers, shops, orders, and ways.

const named = 120_000 // pixels for each world unit from which on shops have names
const many = 1500 // couriers on screen from which on they are small
const still = matchMedia('(prefers-reduced-motion: reduce)')

/** paintWay paints a line of x, y, x, y … in world units; dashes are what lies ahead. */
export function paintWay(c, { at, colours }, way, ahead = false) {
  c.beginPath()
  for (let i = 0; i < way.length; i += 2) c.lineTo(...at(way[i], way[i + 1]))
  c.setLineDash(ahead ? [2, 6] : [])
  c.lineCap = 'round'
  c.strokeStyle = colours['courier-busy']
  c.lineWidth = ahead ? 3.5 : 2.5
  c.stroke()
  c.setLineDash([])
}

/** paintMarks paints shops, doors and orders; and joins couriers to doors. */
export function paintMarks(c, scene, marks, fleet, hidden) {
  const shown = marks.filter((m) => !hidden.has(layer(m)))
  if (!hidden.has('busy')) paintTies(c, scene, shown, fleet)
  const beat = still.matches ? 0.5 : (performance.now() % 1600) / 1600
  for (const m of shown) {
    const [x, y] = scene.at(m.x, m.y)
    if (x < -20 || y < -20 || x > scene.w + 20 || y > scene.hgt + 20) continue
    if (m.kind === 'shop') paintShop(c, scene, m, x, y)
    else paintOrder(c, scene, m, x, y, beat)
  }
}

/** layer is what of the legend a mark is. */
export const layer = (m) => (m.kind === 'shop' ? 'shop' : m.alarm ? 'alarm' : m.carried ? 'door' : 'order')

function paintTies(c, { at, colours }, marks, fleet) {
  c.beginPath()
  for (const m of marks) {
    const f = m.carried && fleet.get(m.carried)
    if (!f) continue
    c.moveTo(...at(f.x, f.y))
    c.lineTo(...at(m.x, m.y))
  }
  c.globalAlpha = fleet.size > many ? 0.2 : 0.45
  c.strokeStyle = colours['courier-busy']
  c.lineWidth = 1.2
  c.stroke()
  c.globalAlpha = 1
}

function paintShop(c, { view, colours }, m, x, y) {
  c.beginPath()
  c.roundRect(x - 4, y - 4, 8, 8, 2)
  c.fillStyle = colours.shop
  c.strokeStyle = colours.ground
  c.lineWidth = 1.5
  c.fill()
  c.stroke()
  if (view.scale < named) return
  c.font = '500 11px system-ui, sans-serif'
  c.textAlign = 'center'
  c.lineWidth = 3
  c.strokeText(m.label, x, y + 17)
  c.fillText(m.label, x, y + 17)
}

// paintOrder paints a ring at the shop, a disc at the door, and what needs somebody
// as an alarm.
function paintOrder(c, { colours }, m, x, y, beat) {
  const colour = m.alarm ? colours.alarm : colours.order
  if (m.alarm) {
    c.beginPath()
    c.arc(x, y, 6 + 10 * beat, 0, 7)
    c.globalAlpha = 0.5 * (1 - beat)
    c.fillStyle = colour
    c.fill()
    c.globalAlpha = 1
  }
  c.beginPath()
  c.arc(x, y, m.alarm ? 6 : m.carried ? 3.5 : 5, 0, 7)
  c.fillStyle = m.alarm || m.carried ? colour : colours.ground
  c.strokeStyle = m.carried ? colours.ground : colour
  c.lineWidth = m.carried ? 1.2 : 2
  c.fill()
  c.stroke()
}

/** paintFleet paints couriers: the free first, and small where they are many. */
export function paintFleet(c, scene, fleet, hidden) {
  const old = Date.now() / 1000 - 120
  const groups = { old: [], courier: [], busy: [] }
  let shown = 0
  const { view: v, w, hgt } = scene
  for (const f of fleet.values()) {
    const x = (f.x - v.x) * v.scale + w / 2 // by hand: there may be ten thousand, at each frame
    const y = (f.y - v.y) * v.scale + hgt / 2
    if (x < -5 || y < -5 || x > w + 5 || y > hgt + 5) continue
    const group = f.seen < old ? 'old' : f.busy ? 'busy' : 'courier'
    if (!hidden.has(group) && shown++ >= 0) groups[group].push(x, y)
  }
  for (const [group, at] of Object.entries(groups)) {
    c.fillStyle = scene.colours[group === 'courier' ? group : 'courier-' + group]
    if (shown > many) paintSquares(c, at, group === 'busy' ? 2.4 : 1.5)
    else paintDiscs(c, at, 3.5, scene.colours.ground)
  }
}

function paintSquares(c, at, r) {
  c.beginPath()
  for (let i = 0; i < at.length; i += 2) c.rect(at[i] - r, at[i + 1] - r, 2 * r, 2 * r)
  c.fill()
}

// Discs have a rim, which keeps those apart who stand together.
function paintDiscs(c, at, r, rim) {
  c.beginPath()
  for (let i = 0; i < at.length; i += 2) {
    c.moveTo(at[i] + r, at[i + 1])
    c.arc(at[i], at[i + 1], r, 0, 7)
  }
  c.strokeStyle = rim
  c.lineWidth = 2.4
  c.stroke()
  c.fill()
}

/** paintRing is around what is chosen, or pointed at. */
export function paintRing(c, { colours }, x, y, chosen) {
  c.beginPath()
  c.arc(x, y, chosen ? 10 : 8, 0, 7)
  c.strokeStyle = colours.shop
  c.lineWidth = chosen ? 2.5 : 1.5
  c.stroke()
}
