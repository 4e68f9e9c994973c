def run(launcher, report): pass
services = buf = curl = run
