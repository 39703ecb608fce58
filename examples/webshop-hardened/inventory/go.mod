module webshop.example/inventory

go 1.21
