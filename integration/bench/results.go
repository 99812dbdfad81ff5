package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"time"
)

// results are the raw figures of all rows that were run, also by earlier runs.
type results struct {
	Machine machine                        `json:"machine"`
	Rows    map[string]map[string][]sample `json:"rows"` // by row and tool
}

// machine is what the figures were measured on.
type machine struct {
	Date       string            `json:"date"`
	Cores      int               `json:"cores"`
	System     string            `json:"system"`
	PostgreSQL string            `json:"postgresql"`
	Go         string            `json:"go"`
	Seed       int               `json:"seed"`
	Tools      map[string]string `json:"tools"`
}

// load reads a file of results; there need not be one.
func load(path string) (*results, error) {
	r := &results{Rows: map[string]map[string][]sample{}}
	if path == "" {
		return r, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	return r, json.Unmarshal(data, r)
}

func (r *results) save(path string) error {
	if path == "" {
		return nil
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// describe says where and when this is.
func (r *results) describe(b *bench) {
	version, err := b.server.value(shortly(), "SHOW server_version")
	if err != nil {
		version = "unknown"
	}
	if r.Machine.Tools == nil {
		r.Machine.Tools = map[string]string{}
	}
	for _, t := range b.tools {
		r.Machine.Tools[t.name] = t.versionOf()
	}
	r.Machine.Date = time.Now().Format(time.DateOnly)
	r.Machine.Cores, r.Machine.System = runtime.NumCPU(), runtime.GOOS+"/"+runtime.GOARCH
	r.Machine.PostgreSQL, r.Machine.Go, r.Machine.Seed = version, runtime.Version(), b.options.seed
}

// values are one figure of all rounds.
func (r *results) values(row, tool string, figure func(sample) float64) []float64 {
	samples := r.Rows[row][tool]
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = figure(s)
	}
	return values
}

// median is the median of at least one value.
func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}

func (s sample) String() string {
	if s.Wall == 0 {
		return fmt.Sprintf("%.2f counted, %d bytes", s.Count, s.Size)
	}
	return fmt.Sprintf("%8.1f ms  %8.1f ms CPU  %6.1f MB  %d trips  %d failed",
		s.Wall*1e3, s.CPU*1e3, float64(s.Memory)/1e6, s.Trips, s.Failed)
}

func wall(s sample) float64      { return s.Wall }
func cpu(s sample) float64       { return s.CPU }
func memory(s sample) float64    { return float64(s.Memory) / 1e6 }
func turns(s sample) float64     { return float64(s.Trips) }
func failed(s sample) float64    { return float64(s.Failed) }
func count(s sample) float64     { return s.Count }
func megabytes(s sample) float64 { return float64(s.Size) / 1e6 }
