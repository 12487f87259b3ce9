"""The booking app: slots, holds, bookings, the desk's day."""
