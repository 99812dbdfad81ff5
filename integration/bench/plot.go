package main

import (
	"fmt"
	"image/color"
	"os"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// panel is one plot of the picture.
type panel struct {
	title, x, y string
	row         string // what the rows' names begin with; a number follows
	figure      func(sample) float64
	curves      []string // tools
}

func panels() []panel {
	files := []string{"lockstep", "golang-migrate", "psql"}
	idle := []string{"lockstep", "goose", "psql"}
	heads := []string{"lockstep", "alembic"}
	return []panel{
		{"nothing to do", "migrations", "seconds", "growth-nothing/", wall, idle},
		{"nothing to do: memory", "migrations", "MB", "growth-nothing/", memory, idle},
		{"heads", "migrations", "seconds", "growth-heads/", wall, heads},
		{"heads: memory", "migrations", "MB", "growth-heads/", memory, heads},
		{"one file of INSERTs", "MB", "seconds", "growth-file/", wall, files},
		{"one file of INSERTs: memory", "MB", "MB", "growth-file/", memory, files},
	}
}

// curve is a tool's figures, by the number in the rows' names.
func (r *results) curve(p panel, tool string) plotter.XYs {
	var points plotter.XYs
	for name := range r.Rows {
		size, ok := strings.CutPrefix(name, p.row)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(size, 64)
		values := r.values(name, tool, p.figure)
		if err != nil || len(values) == 0 {
			continue
		}
		if y := median(values); y > 0 { // the axes are logarithmic
			points = append(points, plotter.XY{X: x, Y: y})
		}
	}
	slices.SortFunc(points, func(a, b plotter.XY) int { return int(a.X - b.X) })
	return points
}

// colours are a tool's in all panels, told apart by people who see no red or green as well.
var colours = map[string]color.Color{
	"lockstep":       color.RGBA{R: 0, G: 90, B: 181, A: 255},
	"psql":           color.Gray{Y: 120},
	"goose":          color.RGBA{R: 220, G: 50, B: 32, A: 255},
	"golang-migrate": color.RGBA{R: 220, G: 50, B: 32, A: 255},
	"alembic":        color.RGBA{R: 220, G: 50, B: 32, A: 255},
}

// plot draws how time and memory grow, on logarithmic axes: a straight line that rises with its
// own width is growth in proportion.
func (r *results) plot(path string) error {
	all := panels()
	grid := make([][]*plot.Plot, len(all)/2)
	for i, p := range all {
		drawn, err := r.panel(p)
		if err != nil {
			return fmt.Errorf("plot %s: %w", p.title, err)
		}
		grid[i/2] = append(grid[i/2], drawn)
	}
	canvas := vgsvg.New(24*vg.Centimeter, 27*vg.Centimeter)
	tiles := draw.Tiles{Rows: len(grid), Cols: 2, PadX: vg.Centimeter, PadY: vg.Centimeter,
		PadTop: 5, PadBottom: 5, PadLeft: 5, PadRight: 15}
	for i, line := range plot.Align(grid, tiles, draw.New(canvas)) {
		for j, c := range line {
			grid[i][j].Draw(c)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(file); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

func (r *results) panel(p panel) (*plot.Plot, error) {
	drawn := plot.New()
	drawn.Title.Text, drawn.X.Label.Text, drawn.Y.Label.Text = p.title, p.x, p.y
	drawn.Legend.Top, drawn.Legend.Left = true, true
	some := false
	for _, tool := range p.curves {
		points := r.curve(p, tool)
		if len(points) == 0 {
			continue
		}
		some = true
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, dots.Color, dots.Shape = colours[tool], colours[tool], draw.CircleGlyph{}
		line.Width = vg.Points(1.5)
		drawn.Add(line, dots)
		drawn.Legend.Add(tool, line, dots)
	}
	if !some {
		return drawn, nil
	}
	drawn.Add(plotter.NewGrid())
	for _, axis := range []*plot.Axis{&drawn.X, &drawn.Y} {
		axis.Scale, axis.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	return drawn, nil
}
