Gem::Specification.new do |s|
  s.name = "computed"
  s.version = compute_version
end
