package fakellm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// known are the models that the list has.
var known = []string{"gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "o4-mini", "text-embedding-3-small"}

type model struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func describe(id string) model { return model{id, "model", 1715367049, "fakellm"} }

func (p *Provider) models(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.begin(w, r, &endpoint{vendor: openAI}); !ok {
		return
	}
	list := struct {
		Object string  `json:"object"`
		Data   []model `json:"data"`
	}{Object: "list"}
	for _, id := range known {
		list.Data = append(list.Data, describe(id))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list) // the client may have gone
}

func (p *Provider) model(w http.ResponseWriter, r *http.Request) {
	c, ok := p.begin(w, r, &endpoint{vendor: openAI})
	if !ok {
		return
	}
	id := r.PathValue("model")
	if !slices.Contains(known, id) {
		c.fail(&Error{
			Status: http.StatusNotFound, Type: "invalid_request_error", Param: "model", Code: "model_not_found",
			Message: fmt.Sprintf("The model '%s' does not exist", id),
		})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(describe(id)) // the client may have gone
}

// nowhere answers the requests to paths that the provider doesn't have.
func (p *Provider) nowhere(w http.ResponseWriter, r *http.Request) {
	if c, ok := p.begin(w, r, &endpoint{vendor: openAI}); ok {
		c.fail(&Error{
			Status: http.StatusNotFound, Type: "invalid_request_error",
			Message: fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path),
		})
	}
}
