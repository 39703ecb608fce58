// Inventory says what is in stock: one of the webshop's three services.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"
	"path/filepath"
)

func main() {
	data := flag.String("data", "/data", "directory that holds stock.json")
	flag.Parse()

	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("ok\n"))
	})
	http.HandleFunc("/stock", func(w http.ResponseWriter, _ *http.Request) {
		stock := map[string]int{}
		if text, err := os.ReadFile(filepath.Join(*data, "stock.json")); err == nil {
			if err := json.Unmarshal(text, &stock); err != nil {
				http.Error(w, "stock.json can't be read", http.StatusInternalServerError)
				return
			}
		}
		json.NewEncoder(w).Encode(stock)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
