package chaos

func cutPower(*trial) {}
func flipBits(*trial) {}
