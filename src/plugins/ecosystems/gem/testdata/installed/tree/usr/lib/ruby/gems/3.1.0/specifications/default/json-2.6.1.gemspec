VERSION = '2.6.1'
Gem::Specification.new do |s|
  s.name = 'json'
  s.version = Gem::Version.new(VERSION)
  s.platform = "java"
  s.license = "Ruby"
end
