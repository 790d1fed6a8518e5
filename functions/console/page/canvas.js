// A map on a canvas: roads that are drawn once for each view of it, and couriers
// and places that are drawn anew for each frame.
import { h } from './dom.js'
import { paintGround } from './ground.js'
import { layer, paintFleet, paintMarks, paintRing, paintWay } from './marks.js'

const world = 256 // of Mercator's square at zoom 0
const mx = (lng) => ((lng + 180) / 360) * world
const my = (lat) => (0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)) * world
const close = 250_000 // pixels for each world unit, at least, while somebody is followed
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
  #ahead = []
  #hidden = new Set() // of the legend
  #chosen = null
  #pointed = null
  #followed = null
  #placed = false
  #moved = false // by a person
  #frame
  #drag = null

  /**
   * pick is called with what a person clicks on: {kind, id}, or null. The map shows
   * all roads at first, or all marks.
   */
  constructor(pick, first = 'roads') {
    Object.assign(this, { pick, first })
    this.tip = h('p', { class: 'tip', hidden: true })
    this.canvas = h('canvas', {
      class: 'map', tabindex: '0', role: 'application', 'aria-roledescription': 'map',
      'aria-label': 'Map of couriers and orders. Arrow keys move it, plus and minus zoom, 0 shows all, Enter chooses what is nearest to the middle, Escape lets it go.',
      onkeydown: (e) => this.#key(e), onwheel: (e) => this.#wheel(e), onpointerdown: (e) => this.#down(e), onpointermove: (e) => this.#move(e),
      onpointerup: (e) => this.#up(e), onpointercancel: () => (this.#drag = null), onpointerleave: () => this.#point(null),
    })
    this.element = h('div', { class: 'map-box', 'data-own': 'map' }, this.canvas, this.tip,
      h('div', { class: 'zoom' }, [['+', 'Zoom in', 1.6], ['−', 'Zoom out', 1 / 1.6]].map(([t, label, by]) => h('button', { type: 'button', 'aria-label': label, onclick: () => this.zoom(by) }, t)),
        h('button', { type: 'button', 'aria-label': 'Show all', onclick: () => this.#all() }, '⤢')),
      first === 'roads' && h('ul', { class: 'legend', 'aria-label': 'Legend' }, legend.map(([k, text]) => h('li', null, h('button', { type: 'button', 'data-mark': k, 'aria-pressed': 'true', onclick: (e) => this.#toggle(k, e.currentTarget) }, text)))))
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

  /** setTrail shows ways, each as lng, lat, lng, lat …: gone, and ahead. */
  setTrail(gone, ahead = []) {
    const flat = (ways) => ways.map((points) => points.map((v, i) => (i % 2 ? my(v) : mx(v))))
    this.#trail = flat(gone)
    this.#ahead = flat(ahead)
    if (this.first === 'marks' && !this.#moved) this.fit()
  }

  /** choose marks {kind, id}, or nothing. */
  choose(thing) {
    this.#chosen = thing
    if (!thing) this.#followed = null
  }

  /** follow keeps a courier in the middle, until somebody moves the map; null lets go. */
  follow(id) {
    this.#followed = id
    if (id && this.#view.scale < close) this.zoom(close / this.#view.scale)
  }

  get followed() {
    return this.#followed
  }

  /** place is where a courier is bound for, in degrees. */
  place(id) {
    const f = this.#fleet.get(id)
    return f && { lat: f.lat, lng: f.lng, seen: f.seen, busy: f.busy }
  }

  /** move tells where a courier is, in degrees; it glides there. */
  move(id, lat, lng, seen) {
    const x = mx(lng)
    const y = my(lat)
    const c = this.#fleet.get(id)
    if (!c) return void this.#fleet.set(id, { id, lat, lng, x, y, fx: x, fy: y, tx: x, ty: y, at: 0, seen, busy: false })
    if (seen < c.seen) return
    Object.assign(c, { lat, lng, fx: c.x, fy: c.y, tx: x, ty: y, at: performance.now(), seen })
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
    if (this.first === 'marks') for (const way of [...this.#trail, ...this.#ahead]) for (let i = 0; i < way.length; i += 2) take(way[i], way[i + 1])
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

  #all() {
    this.#followed = null
    this.#moved = false
    this.fit()
  }

  zoom(by, px, py) {
    const { w, hgt } = this.#box()
    const v = this.#view
    const dx = ((px ?? w / 2) - w / 2) / v.scale
    const dy = ((py ?? hgt / 2) - hgt / 2) / v.scale
    const scale = Math.min(Math.max(v.scale * by, 1), 4e6)
    this.#moved = true
    const k = 1 - v.scale / scale
    this.#view = { x: v.x + dx * k, y: v.y + dy * k, scale }
    this.#sheet = null
  }

  #pan(dx, dy) {
    this.#followed = null
    this.#moved = true
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
    this.#glide()
    this.#paper(w, hgt, ratio)
    const dx = (this.#sheet.x - this.#view.x) * this.#view.scale
    const dy = (this.#sheet.y - this.#view.y) * this.#view.scale
    c.setTransform(1, 0, 0, 1, 0, 0)
    c.fillStyle = this.colours.land
    c.fillRect(0, 0, this.canvas.width, this.canvas.height)
    c.drawImage(this.#sheet.canvas, Math.round((dx - this.#sheet.margin) * ratio), Math.round((dy - this.#sheet.margin) * ratio))
    c.setTransform(ratio, 0, 0, ratio, 0, 0)
    const scene = { at: (x, y) => this.#screen(x, y, w, hgt), view: this.#view, w, hgt, colours: this.colours }
    for (const way of this.#trail) paintWay(c, scene, way)
    for (const way of this.#ahead) paintWay(c, scene, way, true)
    paintMarks(c, scene, this.#marks, this.#fleet, this.#hidden)
    paintFleet(c, scene, this.#fleet, this.#hidden)
    for (const thing of [this.#pointed, this.#chosen]) {
      const found = thing && this.#find(thing)
      if (found) paintRing(c, scene, ...scene.at(found.x, found.y), thing === this.#chosen)
    }
  }

  // #glide moves couriers on, and the map with whom it follows.
  #glide() {
    const now = performance.now()
    for (const f of this.#fleet.values()) {
      const k = Math.min((now - f.at) / glide, 1)
      f.x = f.fx + (f.tx - f.fx) * k
      f.y = f.fy + (f.ty - f.fy) * k
    }
    const f = this.#fleet.get(this.#followed)
    if (f) Object.assign(this.#view, { x: f.x, y: f.y })
  }

  #find({ kind, id }) {
    return kind === 'courier' ? this.#fleet.get(id) : this.#marks.find((m) => m.kind === kind && m.id === id)
  }

  #toggle(layer, button) {
    const shown = button.getAttribute('aria-pressed') === 'true'
    button.setAttribute('aria-pressed', String(!shown))
    if (shown) this.#hidden.add(layer)
    else this.#hidden.delete(layer)
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

  #key(e) {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[e.key]
    if (step) this.#pan(...step)
    else if (e.key === '+' || e.key === '=') this.zoom(1.6)
    else if (e.key === '-') this.zoom(1 / 1.6)
    else if (e.key === '0') this.#all()
    else if (e.key === 'Enter') this.pick(this.#nearest(this.canvas.clientWidth / 2, this.canvas.clientHeight / 2, Infinity))
    else if (e.key === 'Escape') this.pick(null)
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
    if (still) this.pick(this.#nearest(e.offsetX, e.offsetY))
  }

  #hover(e) {
    this.#point(this.#nearest(e.offsetX, e.offsetY))
    this.tip.style.left = e.offsetX + 12 + 'px'
    this.tip.style.top = e.offsetY + 12 + 'px'
  }

  #point(found) {
    this.#pointed = found
    this.tip.hidden = !found
    this.canvas.classList.toggle('over', !!found)
    if (found) this.tip.textContent = found.label ?? `${found.kind} ${found.id}`
  }

  #nearest(px, py, within = 12) {
    const { w, hgt } = this.#box()
    let best = null
    let least = within ** 2
    const look = (thing, kind, x, y) => {
      const [sx, sy] = this.#screen(x, y, w, hgt)
      const d = (sx - px) ** 2 + (sy - py) ** 2
      if (d < least) [least, best] = [d, { kind, id: thing.id, label: thing.label }]
    }
    for (const f of this.#fleet.values()) if (!this.#hidden.has(f.busy ? 'busy' : 'courier')) look(f, 'courier', f.x, f.y)
    for (const m of this.#marks) if (!this.#hidden.has(layer(m))) look(m, m.kind, m.x, m.y)
    return best
  }
}
