module example.com/app

go 1.16

require github.com/BurntSushi/toml v1.0.0
