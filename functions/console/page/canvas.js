// A map on a canvas: roads that are drawn once for each view of it, and couriers
// and places that are drawn anew for each frame.
import { h } from './dom.js'
import { paintGround } from './ground.js'

const world = 256 // of Mercator's square at zoom 0
const mx = (lng) => ((lng + 180) / 360) * world
const my = (lat) => (0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)) * world
const named = 120_000 // pixels for each world unit from which on shops have names
const still = matchMedia('(prefers-reduced-motion: reduce)')
const glide = 5000 // ms in which a courier moves on to its next position

const legend = [['courier', 'free courier'], ['busy', 'carries something'], ['old', 'not heard of'], ['shop', 'shop'], ['order', 'order at its shop'], ['door', 'door of an order'], ['alarm', 'no courier found']]

/** MapCanvas shows roads, couriers and orders. */
export class MapCanvas {
  #view = { x: 0, y: 0, scale: 1 } // the middle in world units, and pixels for each
  #roads = []
  #sheet = null // the roads as drawn for one view
  #fleet = new Map()
  #marks = []
  #area = []
  #trail = []
  #placed = false
  #frame
  #drag = null

  /**
   * pick is called with what a person clicks on: {kind, id}. The map shows all
   * roads at first, or all marks.
   */
  constructor(pick, first = 'roads') {
    Object.assign(this, { pick, first })
    this.tip = h('p', { class: 'tip', hidden: true })
    this.canvas = h('canvas', {
      class: 'map', tabindex: '0', role: 'application', 'aria-roledescription': 'map',
      'aria-label': 'Map of couriers and orders. Arrow keys move it, plus and minus zoom, 0 shows all.',
      onkeydown: (e) => this.#key(e), onwheel: (e) => this.#wheel(e), onpointerdown: (e) => this.#down(e), onpointermove: (e) => this.#move(e),
      onpointerup: (e) => this.#up(e), onpointercancel: () => (this.#drag = null), onpointerleave: () => (this.tip.hidden = true),
    })
    this.element = h('div', { class: 'map-box', 'data-own': 'map' }, this.canvas, this.tip,
      h('div', { class: 'zoom' }, [['+', 'Zoom in', 1.6], ['−', 'Zoom out', 1 / 1.6]].map(([t, label, by]) => h('button', { type: 'button', 'aria-label': label, onclick: () => this.zoom(by) }, t)),
        h('button', { type: 'button', 'aria-label': 'Show all', onclick: () => this.fit() }, '⤢')),
      first === 'roads' && h('ul', { class: 'legend', 'aria-label': 'Legend' }, legend.map(([k, text]) => h('li', { 'data-mark': k }, text))))
    this.sized = new ResizeObserver(() => this.#resize())
    this.sized.observe(this.element)
    this.scheme = matchMedia('(prefers-color-scheme: dark)')
    this.scheme.addEventListener('change', this.recolour)
    this.recolour()
    const draw = () => {
      this.#frame = requestAnimationFrame(draw)
      this.#draw()
    }
    draw()
  }

  end() {
    cancelAnimationFrame(this.#frame)
    this.sized.disconnect()
    this.scheme.removeEventListener('change', this.recolour)
  }

  recolour = () => {
    const style = getComputedStyle(document.documentElement)
    this.colours = Object.fromEntries(['land', 'ground', 'road', 'road-edge', 'courier', 'courier-busy', 'courier-old', 'order', 'alarm', 'shop', 'zone', 'text'].map((n) => [n, style.getPropertyValue('--map-' + n).trim() || '#888']))
    this.#sheet = null
  }

  /** roads are lines: {speed, points: [lng, lat, lng, lat …]}. */
  setRoads(lines) {
    this.#roads = lines.map(({ speed, points }) => {
      const flat = new Float64Array(points.length)
      for (let i = 0; i < points.length; i += 2) {
        flat[i] = mx(points[i])
        flat[i + 1] = my(points[i + 1])
      }
      return { speed, flat }
    })
    this.#sheet = null
    if (!this.#placed) this.fit()
  }

  /** setArea outlines zones: each a list of {lat, lng}. */
  setAreas(areas) {
    this.#area = areas.map((ring) => ring.map((p) => [mx(p.lng), my(p.lat)]))
    this.#sheet = null
    if (!this.#placed) this.fit()
  }

  /** setTrail shows the ways that somebody has gone, each as lng, lat, lng, lat … */
  setTrail(ways) {
    this.#trail = ways.map((points) => points.map((v, i) => (i % 2 ? my(v) : mx(v))))
  }

  /** move tells where a courier is, in degrees; it glides there. */
  move(id, lat, lng, seen) {
    const x = mx(lng)
    const y = my(lat)
    const c = this.#fleet.get(id)
    if (!c) return void this.#fleet.set(id, { id, x, y, fx: x, fy: y, tx: x, ty: y, at: 0, seen, busy: false })
    if (seen < c.seen) return
    Object.assign(c, { fx: c.x, fy: c.y, tx: x, ty: y, at: performance.now(), seen })
  }

  /** busy says who carries something now. */
  setBusy(ids) {
    for (const c of this.#fleet.values()) c.busy = ids.has(c.id)
  }

  /** forget leaves couriers out that are not of these. */
  only(ids) {
    for (const id of this.#fleet.keys()) if (!ids.has(id)) this.#fleet.delete(id)
  }

  get size() {
    return this.#fleet.size
  }

  /** inView is who is on screen, up to so many. */
  inView(most) {
    const ids = []
    const { w, hgt } = this.#box()
    for (const c of this.#fleet.values()) {
      const [x, y] = this.#screen(c.tx, c.ty, w, hgt)
      if (x < 0 || y < 0 || x > w || y > hgt) continue
      if (ids.push(c.id) > most) return null
    }
    return ids
  }

  /** setMarks shows shops and orders: {kind, id, lat, lng, alarm, label}. */
  setMarks(marks) {
    this.#marks = marks.map((m) => ({ ...m, x: mx(m.lng), y: my(m.lat) }))
    if (!this.#placed && this.first === 'marks') this.fit()
  }

  /** fit shows all that there is. */
  fit() {
    let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity]
    const take = (x, y) => {
      west = Math.min(west, x)
      east = Math.max(east, x)
      north = Math.min(north, y)
      south = Math.max(south, y)
    }
    if (this.first === 'marks') for (const m of this.#marks) take(m.x, m.y)
    else for (const r of this.#roads) for (let i = 0; i < r.flat.length; i += 2) take(r.flat[i], r.flat[i + 1])
    if (west === Infinity) for (const c of [...this.#fleet.values()].map((f) => [f.tx, f.ty]).concat(this.#marks.map((m) => [m.x, m.y]))) take(...c)
    if (west === Infinity) for (const ring of this.#area) for (const p of ring) take(...p)
    if (west === Infinity) return
    const { w, hgt } = this.#box()
    if (!w) return
    this.#placed = true
    this.#view = { x: (west + east) / 2, y: (north + south) / 2, scale: Math.min(w / (east - west || 0.001), hgt / (south - north || 0.001)) * (this.first === 'marks' ? 0.7 : 0.94) }
    this.#sheet = null
  }

  zoom(by, px, py) {
    const { w, hgt } = this.#box()
    const v = this.#view
    const dx = ((px ?? w / 2) - w / 2) / v.scale
    const dy = ((py ?? hgt / 2) - hgt / 2) / v.scale
    const scale = Math.min(Math.max(v.scale * by, 1), 4e6)
    const k = 1 - v.scale / scale
    this.#view = { x: v.x + dx * k, y: v.y + dy * k, scale }
    this.#sheet = null
  }

  #pan(dx, dy) {
    this.#view.x -= dx / this.#view.scale
    this.#view.y -= dy / this.#view.scale
  }

  #box() {
    return { w: this.canvas.clientWidth, hgt: this.canvas.clientHeight }
  }

  #screen(x, y, w, hgt) {
    const v = this.#view
    return [(x - v.x) * v.scale + w / 2, (y - v.y) * v.scale + hgt / 2]
  }

  #resize() {
    const ratio = devicePixelRatio || 1
    const { width, height } = this.element.getBoundingClientRect()
    this.canvas.width = Math.round(width * ratio)
    this.canvas.height = Math.round(height * ratio)
    this.#sheet = null
    if (!this.#placed) this.fit()
  }

  #draw() {
    const { w, hgt } = this.#box()
    if (!w || !hgt) return
    const ratio = devicePixelRatio || 1
    const c = this.canvas.getContext('2d', { alpha: false })
    this.#paper(w, hgt, ratio)
    const dx = (this.#sheet.x - this.#view.x) * this.#view.scale
    const dy = (this.#sheet.y - this.#view.y) * this.#view.scale
    c.setTransform(1, 0, 0, 1, 0, 0)
    c.fillStyle = this.colours.land
    c.fillRect(0, 0, this.canvas.width, this.canvas.height)
    c.drawImage(this.#sheet.canvas, Math.round((dx - this.#sheet.margin) * ratio), Math.round((dy - this.#sheet.margin) * ratio))
    c.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.#drawTrail(c, w, hgt)
    this.#drawMarks(c, w, hgt)
    this.#drawFleet(c, w, hgt)
  }

  // #paper draws roads, with a margin so that a map that is dragged needs no new
  // ones at once.
  #paper(w, hgt, ratio) {
    const v = this.#view
    const margin = 160
    const s = this.#sheet
    if (s && s.scale === v.scale && s.ratio === ratio && Math.abs(s.x - v.x) * v.scale < margin && Math.abs(s.y - v.y) * v.scale < margin) return
    const canvas = s?.canvas ?? document.createElement('canvas')
    canvas.width = (w + 2 * margin) * ratio
    canvas.height = (hgt + 2 * margin) * ratio
    const c = canvas.getContext('2d', { alpha: false })
    c.fillStyle = this.colours.land
    c.fillRect(0, 0, canvas.width, canvas.height)
    c.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.#sheet = { canvas, x: v.x, y: v.y, scale: v.scale, ratio, margin }
    paintGround(c, { view: v, w, hgt, margin, roads: this.#roads, areas: this.#area, colours: this.colours })
  }

  #drawTrail(c, w, hgt) {
    c.strokeStyle = this.colours['courier-busy']
    c.lineWidth = 2.5
    for (const way of this.#trail) {
      c.beginPath()
      for (let i = 0; i < way.length; i += 2) c.lineTo(...this.#screen(way[i], way[i + 1], w, hgt))
      c.stroke()
    }
  }

  #drawMarks(c, w, hgt) {
    this.#drawWays(c, w, hgt)
    const beat = still.matches ? 0.5 : (performance.now() % 1600) / 1600
    for (const m of this.#marks) {
      const [x, y] = this.#screen(m.x, m.y, w, hgt)
      if (x < -20 || y < -20 || x > w + 20 || y > hgt + 20) continue
      if (m.kind === 'shop') this.#drawShop(c, m, x, y)
      else this.#drawOrder(c, m, x, y, beat)
    }
  }

  // #drawWays joins couriers to the doors that they are on their way to.
  #drawWays(c, w, hgt) {
    c.beginPath()
    for (const m of this.#marks) {
      const f = m.carried && this.#fleet.get(m.carried)
      if (!f) continue
      c.moveTo(...this.#screen(f.x, f.y, w, hgt))
      c.lineTo(...this.#screen(m.x, m.y, w, hgt))
    }
    c.globalAlpha = 0.45
    c.strokeStyle = this.colours['courier-busy']
    c.lineWidth = 1.2
    c.stroke()
    c.globalAlpha = 1
  }

  #drawShop(c, m, x, y) {
    c.beginPath()
    c.roundRect(x - 4, y - 4, 8, 8, 2)
    c.fillStyle = this.colours.shop
    c.strokeStyle = this.colours.ground
    c.lineWidth = 1.5
    c.fill()
    c.stroke()
    if (this.#view.scale < named) return
    c.font = '500 11px system-ui, sans-serif'
    c.textAlign = 'center'
    c.lineWidth = 3
    c.strokeText(m.label, x, y + 17)
    c.fillText(m.label, x, y + 17)
  }

  // #drawOrder draws a ring at the shop, a disc at the door, and what needs somebody
  // as an alarm.
  #drawOrder(c, m, x, y, beat) {
    const colour = m.alarm ? this.colours.alarm : this.colours.order
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
    c.fillStyle = m.alarm || m.carried ? colour : this.colours.ground
    c.strokeStyle = m.carried ? this.colours.ground : colour
    c.lineWidth = m.carried ? 1.2 : 2
    c.fill()
    c.stroke()
  }

  #drawFleet(c, w, hgt) {
    const now = performance.now()
    const old = Date.now() / 1000 - 120
    const v = this.#view
    const r = this.#fleet.size > 2000 ? 2 : 3.5
    const groups = { 'courier-old': [], courier: [], 'courier-busy': [] }
    for (const f of this.#fleet.values()) {
      const k = Math.min((now - f.at) / glide, 1)
      f.x = f.fx + (f.tx - f.fx) * k
      f.y = f.fy + (f.ty - f.fy) * k
      const x = (f.x - v.x) * v.scale + w / 2
      const y = (f.y - v.y) * v.scale + hgt / 2
      if (x < -5 || y < -5 || x > w + 5 || y > hgt + 5) continue
      groups[f.seen < old ? 'courier-old' : f.busy ? 'courier-busy' : 'courier'].push(x, y)
    }
    for (const [colour, at] of Object.entries(groups)) {
      c.fillStyle = this.colours[colour]
      c.strokeStyle = this.colours.ground
      c.lineWidth = 2.4
      c.beginPath()
      for (let i = 0; i < at.length; i += 2) {
        if (r < 3) c.rect(at[i] - r, at[i + 1] - r, 2 * r, 2 * r)
        else {
          c.moveTo(at[i] + r, at[i + 1])
          c.arc(at[i], at[i + 1], r, 0, 7)
        }
      }
      if (r >= 3) c.stroke() // a rim keeps those apart who stand together
      c.fill()
    }
  }

  #key(e) {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[e.key]
    if (step) this.#pan(...step)
    else if (e.key === '+' || e.key === '=') this.zoom(1.6)
    else if (e.key === '-') this.zoom(1 / 1.6)
    else if (e.key === '0') this.fit()
    else return
    e.preventDefault()
  }

  #wheel(e) {
    e.preventDefault()
    this.zoom(Math.exp(-e.deltaY / 400), e.offsetX, e.offsetY)
  }

  #down(e) {
    this.canvas.setPointerCapture(e.pointerId)
    this.#drag = { x: e.offsetX, y: e.offsetY, moved: 0 }
  }

  #move(e) {
    if (!this.#drag) return this.#hover(e)
    const [dx, dy] = [e.offsetX - this.#drag.x, e.offsetY - this.#drag.y]
    this.#pan(dx, dy)
    this.#drag = { x: e.offsetX, y: e.offsetY, moved: this.#drag.moved + Math.abs(dx) + Math.abs(dy) }
  }

  #up(e) {
    const still = this.#drag?.moved < 5
    this.#drag = null
    const found = still && this.#nearest(e.offsetX, e.offsetY)
    if (found) this.pick(found)
  }

  #hover(e) {
    const found = this.#nearest(e.offsetX, e.offsetY)
    this.tip.hidden = !found
    this.canvas.classList.toggle('over', !!found)
    if (!found) return
    this.tip.textContent = found.label ?? `${found.kind} ${found.id}`
    this.tip.style.left = e.offsetX + 12 + 'px'
    this.tip.style.top = e.offsetY + 12 + 'px'
  }

  #nearest(px, py) {
    const { w, hgt } = this.#box()
    let best = null
    let least = 12 ** 2
    const look = (thing, kind, x, y) => {
      const [sx, sy] = this.#screen(x, y, w, hgt)
      const d = (sx - px) ** 2 + (sy - py) ** 2
      if (d < least) [least, best] = [d, { kind, id: thing.id, label: thing.label }]
    }
    for (const f of this.#fleet.values()) look(f, 'courier', f.x, f.y)
    for (const m of this.#marks) look(m, m.kind, m.x, m.y)
    return best
  }
}
